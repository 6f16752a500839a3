import { useState } from 'preact/hooks';
import { FileField, Select } from '../parts/fields.js';
import { Failed, Waiting } from '../parts/notices.js';
import type { Asked } from '../state/asked.js';
import { useModel, usePage } from '../state/context.js';
import { type StoredSet, setWords, storeFile } from '../state/stored-sets.js';
import { storeTrySet } from './store-try-set.js';
import { TRY_COUNT } from './try-set.js';

export interface SetChoiceProps {
  readonly sets: Asked<readonly StoredSet[]>;
  /** The digest of the chosen one; '' where none is. */
  readonly chosen: string;
  readonly onChoose: (digest: string) => void;
}

/** A set of stimuli: one that is stored, one from a file, or one to try. */
export function SetChoice({ sets, chosen, onChoose }: SetChoiceProps) {
  const { service } = usePage();
  const model = useModel();
  const [storing, setStoring] = useState<'rest' | 'work' | Error>('rest');
  const store = async (task: () => Promise<string>) => {
    setStoring('work');
    try {
      onChoose(await task());
      setStoring('rest');
    } catch (error) {
      setStoring(error as Error);
    }
  };
  const options = (sets.value ?? []).map((set) => [set.digest, setWords(set)] as const);
  const known = options.some(([digest]) => digest === chosen);
  const first = chosen === '' || known ? [] : [[chosen, `${chosen.slice(0, 8)}, not in the list`]];
  return (
    <section class="panel set-choice" aria-label="The stimulus set">
      <h2>The stimulus set</h2>
      {sets.error && <Failed error={sets.error} again={sets.again} />}
      {!sets.value && sets.waiting && <Waiting>Loading the stored sets…</Waiting>}
      {sets.value && (options.length > 0 || first.length > 0) && (
        <Select
          label="Stored sets"
          value={chosen}
          options={[
            ...(chosen === '' ? [['', 'choose one'] as const] : []),
            ...first.map(([digest, text]) => [digest!, text!] as const),
            ...options,
          ]}
          onValue={(digest) => {
            if (digest !== '') onChoose(digest);
          }}
        />
      )}
      <FileField
        label="Upload a set: .npy of (stimuli, height, width)"
        accept=".npy"
        onFiles={([file]) => void store(() => storeFile(service, file!))}
      />
      <button
        type="button"
        class={options.length === 0 ? 'primary' : ''}
        disabled={storing === 'work'}
        onClick={() => void store(() => storeTrySet(service, model))}
      >
        Make a set to try
      </button>
      <p class="quiet">
        {TRY_COUNT} gabors, gratings, bars and discs, always the same ones, kept by the service.
      </p>
      {storing === 'work' && <Waiting>Storing the set…</Waiting>}
      {storing instanceof Error && <Failed error={storing} />}
    </section>
  );
}
