import type { IngestReport } from '../../datasets/ingest-request.js';
import { CheckField, Select, TextField } from '../parts/fields.js';
import { usePage } from '../state/context.js';
import { type IngestOptions, readOptions, writeOptions } from './ingest-options.js';
import { NumberPair } from './number-pair.js';

const SOURCES = [
  ['images', 'Images'],
  ['presentations', 'Presentations: which image was shown when'],
  ['responses', 'Responses: spikes, traces, or a table'],
] as const;
const FIRST_IMAGE = [
  ['', 'as the numbers suggest'],
  ['0', '0'],
  ['1', '1'],
] as const;

interface IngestFormProps {
  /** What the recording has to choose from; undefined while it is not known. */
  readonly candidates: IngestReport['candidates'] | undefined;
  readonly submit: string;
  readonly disabled: boolean;
  readonly onSubmit: (options: IngestOptions) => void;
}

/** What the user can say about the recording. The address keeps it. */
export function IngestForm({ candidates, submit, disabled, onSubmit }: IngestFormProps) {
  const { address } = usePage();
  const options = readOptions(address.get('options'));
  const change = (changes: IngestOptions) =>
    address.set({ options: writeOptions({ ...options, ...changes }) });
  const { window, size, units = '', firstImage } = options;
  return (
    <form
      class="ingest-form"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(options);
      }}
    >
      <div class="checks">
        <CheckField
          label="Exchange rows and columns of the images"
          value={options.transpose ?? false}
          onValue={(on) => change({ transpose: on || undefined })}
        />
        <CheckField
          label="Turn colours into gray"
          value={options.gray ?? false}
          onValue={(on) => change({ gray: on || undefined })}
        />
      </div>
      <NumberPair
        legend="Window after the onset of an image, in ms"
        labels={['from', 'to']}
        value={window && [window.from, window.to]}
        onValue={(pair) => change({ window: pair && { from: pair[0], to: pair[1] } })}
      />
      <NumberPair
        legend="Size to which images are resized, in pixels"
        labels={['height', 'width']}
        min={1}
        value={size && [size.height, size.width]}
        onValue={(pair) => change({ size: pair && { height: pair[0], width: pair[1] } })}
      />
      <TextField
        label="Condition on neurons"
        value={units}
        placeholder="quality == good and snr > 2"
        onValue={(text) => change({ units: text })}
      />
      <Select
        label="Number of the first image in the presentations"
        value={firstImage === undefined ? '' : `${firstImage}`}
        options={FIRST_IMAGE}
        onValue={(text) => change({ firstImage: FIRST[text] })}
      />
      {SOURCES.map(([name, label]) => (
        <Source
          key={name}
          label={label}
          names={candidates?.[name]}
          value={options[name] ?? ''}
          onValue={(text) => change({ [name]: text })}
        />
      ))}
      <div class="row">
        <button type="submit" class="primary" disabled={disabled}>
          {submit}
        </button>
      </div>
    </form>
  );
}

const FIRST = { '': undefined, '0': 0, '1': 1 } as const;

interface SourceProps {
  readonly label: string;
  /** What there is; undefined while it is not known. */
  readonly names: readonly string[] | undefined;
  readonly value: string;
  readonly onValue: (value: string) => void;
}

/** A name to choose where the names are known, or to type. */
function Source({ label, names, value, onValue }: SourceProps) {
  if (names === undefined) {
    return (
      <TextField
        label={label}
        value={value}
        placeholder="as the service finds them"
        onValue={onValue}
      />
    );
  }
  const listed = value === '' || names.includes(value) ? names : [value, ...names];
  return (
    <Select
      label={label}
      value={value}
      options={[['', 'as the service finds them'], ...listed.map((name) => [name, name] as const)]}
      onValue={onValue}
    />
  );
}
