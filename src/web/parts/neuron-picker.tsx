import { useId, useState } from 'preact/hooks';
import { seriesColour } from '../figures/colours.js';
import { useNeurons } from '../state/neurons.js';

/** Lists the chosen neurons with their colours, the large one first, and has a field to add more. */
export function NeuronPicker() {
  const { ids, first, choose, add, toggle } = useNeurons();
  const id = useId();
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState('');
  const submit = (event: Event) => {
    event.preventDefault();
    const problem = add(text);
    setWrong(problem ?? '');
    if (problem === undefined) setText('');
  };
  return (
    <form class="picker" onSubmit={submit}>
      <span class="picker-title">Neurons</span>
      {ids.map((each, place) => (
        <span class="chip" key={each}>
          <span class="dot" style={{ background: seriesColour(place) }} aria-hidden="true" />
          <button
            type="button"
            class="plain"
            aria-pressed={each === first}
            title="Show this neuron large"
            onClick={() => choose([each, ...ids.filter((other) => other !== each)])}
          >
            {each}
          </button>
          {ids.length > 1 && (
            <button
              type="button"
              class="plain"
              aria-label={`Remove neuron ${each}`}
              onClick={() => toggle(each)}
            >
              ×
            </button>
          )}
        </span>
      ))}
      <label for={id} class="hidden">
        Add neurons by their ids
      </label>
      <input
        id={id}
        size={8}
        value={text}
        placeholder="0,5,7-9"
        onInput={(event) => {
          setText(event.currentTarget.value);
          setWrong('');
        }}
      />
      <button type="submit" class="small">
        Add
      </button>
      {wrong && (
        <span role="alert" class="wrong">
          {wrong}
        </span>
      )}
    </form>
  );
}
