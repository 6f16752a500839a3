import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Failed, FetchedView } from '../parts/notices.js';
import { remove } from '../service/end-job.js';
import { usePage } from '../state/context.js';
import { useFetched } from '../state/fetched.js';
import { formatBytes } from './bytes.js';
import { NOTHING_CHOSEN } from './upload.js';

/**
 * Lists the stored recordings and datasets, to open and to delete.
 * @param by the lists are requested again when this changes
 */
export function StoredPanel({ by }: { readonly by: string }) {
  const { service, address } = usePage();
  const [error, setError] = useState<Error>();
  const stored = useFetched(`stored ${by}`, async (signal) => {
    const init = { init: { signal } };
    const { v1 } = service.client;
    const recordings = (await service.json(v1.recordings.$get({}, init))).value;
    const { datasets } = (await service.json(v1.datasets.$get({}, init))).value;
    return { ...recordings, datasets };
  });
  const open = (changes: Readonly<Record<string, string>>) =>
    address.set({ ...NOTHING_CHOSEN, recording: '', ...changes }, true);
  const end = async (kind: 'recording' | 'dataset', digest: string) => {
    setError(undefined);
    await remove(service, `${kind}s/${digest}`).catch(setError);
    if (address.get(kind) === digest) open({});
    stored.reload();
  };
  return (
    <section class="panel" aria-labelledby="stored-title">
      <h2 id="stored-title">What is stored</h2>
      {error && <Failed error={error} />}
      <FetchedView
        fetched={{ ...stored, waiting: false }}
        waiting="Loading the recordings and datasets…"
      >
        {({ recordings, datasets, capacity }) => (
          <>
            <StoredTable title="Recordings" empty="No recordings are stored.">
              {recordings.map(({ digest, files, bytes, created, complete }) => (
                <StoredRow
                  key={digest}
                  name={files.map(({ name }) => name).join(', ')}
                  about={`${formatBytes(bytes)}${complete ? '' : ', not complete'}`}
                  when={created}
                  action="Open"
                  onAction={() => open({ recording: digest })}
                  onDelete={() => void end('recording', digest)}
                />
              ))}
            </StoredTable>
            <StoredTable title="Datasets" empty="No datasets are stored.">
              {datasets.map(({ digest, name, images, neurons, bytes, storedAt }) => (
                <StoredRow
                  key={digest}
                  name={name}
                  about={`${images.toLocaleString('en')} images, ${neurons.toLocaleString('en')} neurons, ${formatBytes(bytes)}`}
                  when={storedAt}
                  action="Train a model"
                  onAction={() => open({ dataset: digest })}
                  onDelete={() => void end('dataset', digest)}
                />
              ))}
            </StoredTable>
            <p class="quiet about">
              They may take {formatBytes(capacity)}. A model stays when its recording and its
              dataset are deleted.
            </p>
          </>
        )}
      </FetchedView>
    </section>
  );
}

interface StoredTableProps {
  readonly title: string;
  /** The text in place of no rows. */
  readonly empty: string;
  readonly children: readonly ComponentChildren[];
}

function StoredTable({ title, empty, children }: StoredTableProps) {
  return (
    <>
      <h3>{title}</h3>
      {children.length === 0 ? (
        <p class="quiet">{empty}</p>
      ) : (
        <section class="scrolls stored" aria-label={title}>
          <table>
            <thead>
              <tr>
                {['name', 'size', 'stored', ''].map((name) => (
                  <th key={name} scope="col">
                    {name || <span class="hidden">Actions</span>}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>{children}</tbody>
          </table>
        </section>
      )}
    </>
  );
}

interface StoredRowProps {
  readonly name: string;
  readonly about: string;
  /** An ISO date. */
  readonly when: string;
  readonly action: string;
  readonly onAction: () => void;
  readonly onDelete: () => void;
}

function StoredRow({ name, about, when, action, onAction, onDelete }: StoredRowProps) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{about}</td>
      <td>{new Date(when).toLocaleString()}</td>
      <td>
        <div class="row">
          <button type="button" class="small" aria-label={`${action}: ${name}`} onClick={onAction}>
            {action}
          </button>
          <button type="button" class="small" aria-label={`Delete ${name}`} onClick={onDelete}>
            Delete
          </button>
        </div>
      </td>
    </tr>
  );
}
