import { useId, useState } from 'preact/hooks';
import { usePage } from '../state/context.js';
import type { StimulusChoice } from './chosen-stimulus.js';

/** A field for a stimulus as JSON, for kinds without sliders. */
export function OtherStimulus({ choice }: { readonly choice: StimulusChoice }) {
  const { service } = usePage();
  const { chosen, choose } = choice;
  const id = useId();
  const [text, setText] = useState(
    JSON.stringify('entry' in chosen ? chosen.entry : { plaid: {} }, null, 2),
  );
  const [wrong, setWrong] = useState('');
  const show = (event: Event) => {
    event.preventDefault();
    try {
      choose({ entry: JSON.parse(text) as Record<string, unknown> });
      setWrong('');
    } catch (error) {
      setWrong(`This is not JSON: ${(error as Error).message}`);
    }
  };
  return (
    <form onSubmit={show} class="other-stimulus">
      <label for={id}>
        For example <code>{'{"plaid": {}}'}</code>, <code>{'{"driftingGrating": {}}'}</code> or{' '}
        <code>{'{"sparseNoise": {"frames": 1}}'}</code>;{' '}
        <a href={`${service.origin}/docs`}>the interface documentation</a> lists every parameter
      </label>
      <textarea
        id={id}
        rows={8}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      {wrong && (
        <p role="alert" class="wrong">
          {wrong}
        </p>
      )}
      <button type="submit">Show it</button>
    </form>
  );
}
