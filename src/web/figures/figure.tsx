import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { encodeNpy } from '../../formats/npy.js';
import { CodeToCopy } from '../parts/code-to-copy.js';
import { Disclosure } from '../parts/disclosure.js';
import { asCurl, asPython } from '../service/as-command.js';
import type { SentRequest } from '../service/service.js';
import { usePage } from '../state/context.js';
import { save } from './save.js';
import { svgFile } from './svg-file.js';
import { type Columns, encodeColumnsCsv, encodeColumnsNpy, type NumberArray } from './table.js';

export interface FigureProps {
  readonly title: string;
  /** Base name of the downloaded files. */
  readonly name: string;
  /** Describes the figure in a sentence. */
  readonly caption?: ComponentChildren;
  /** The plotted numbers. */
  readonly columns?: Columns | undefined;
  /** Replaces the columns in the .npy file where the data are not a table. */
  readonly array?: NumberArray | undefined;
  /** Whether the figure contains a drawing that can be saved as SVG. */
  readonly drawn?: boolean;
  /** The requests that returned the data. */
  readonly requests: readonly SentRequest[];
  readonly children: ComponentChildren;
}

/** A plot with a title, a caption and downloads. */
export function Figure(props: FigureProps) {
  const { title, name, caption, columns, array, drawn = true, requests, children } = props;
  const { service } = usePage();
  const body = useRef<HTMLDivElement>(null);
  const keyed = service.key() !== null;
  const saveSvg = () => {
    const paper = getComputedStyle(body.current!).getPropertyValue('--panel');
    const text = svgFile(body.current!, paper);
    if (text !== undefined) save(`${name}.svg`, 'image/svg+xml', text);
  };
  const saveNpy = () => {
    if (array) save(`${name}.npy`, 'application/x-npy', encodeNpy(array.data, array.shape));
    else if (columns) save(`${name}.npy`, 'application/x-npy', encodeColumnsNpy(columns));
  };
  return (
    <figure class="figure">
      <figcaption class="figure-head">
        <h3>{title}</h3>
        <Disclosure class="download" label="Download">
          <div class="download-panel">
            <div class="row">
              {drawn && (
                <button type="button" onClick={saveSvg}>
                  SVG
                </button>
              )}
              {columns && (
                <button
                  type="button"
                  onClick={() => save(`${name}.csv`, 'text/csv', encodeColumnsCsv(columns))}
                >
                  CSV
                </button>
              )}
              {(columns ?? array) && (
                <button type="button" onClick={saveNpy}>
                  .npy
                </button>
              )}
              <button
                type="button"
                onClick={() => void navigator.clipboard?.writeText(window.location.href)}
              >
                Copy the link to this view
              </button>
            </div>
            {requests.length === 0 && (
              <p class="quiet">The page computes this from the other figures of the view.</p>
            )}
            {requests.map((request, i) => (
              <div key={`${i} ${request.url}`}>
                <CodeToCopy title="curl" text={asCurl(request, keyed)} />
                <CodeToCopy title="Python" text={asPython(request, keyed)} />
              </div>
            ))}
          </div>
        </Disclosure>
      </figcaption>
      <div class="figure-body" ref={body}>
        {children}
      </div>
      {caption && <p class="caption">{caption}</p>}
    </figure>
  );
}
