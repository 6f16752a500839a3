import { useId, useState } from 'preact/hooks';
import { seriesColour } from '../figures/colours.js';
import { useModel } from '../state/context.js';
import { MOST_OVERLAID, useNeurons } from '../state/neurons.js';

/** The chosen neurons, each with its colour, the large one first; and a field for more of them. */
export function NeuronPicker() {
  const { card } = useModel();
  const { ids, first, choose, toggle } = useNeurons();
  const id = useId();
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState('');
  const known = card.neurons.map((neuron) => neuron.id);
  const add = (event: Event) => {
    event.preventDefault();
    const wanted = Number(text);
    if (text.trim() === '' || !known.includes(wanted)) {
      setWrong(`There is no neuron ${text}: ids are ${known[0]} to ${known.at(-1)}.`);
      return;
    }
    setWrong('');
    setText('');
    choose([wanted, ...ids.filter((each) => each !== wanted)]);
  };
  return (
    <form class="picker" onSubmit={add}>
      <span class="picker-title">Neurons</span>
      {ids.map((each, place) => (
        <span class="chip" key={each}>
          <span class="dot" style={{ background: seriesColour(place) }} aria-hidden="true" />
          <button
            type="button"
            class="plain"
            aria-pressed={each === first}
            title="Show it large"
            onClick={() => choose([each, ...ids.filter((other) => other !== each)])}
          >
            {each}
          </button>
          {ids.length > 1 && (
            <button
              type="button"
              class="plain"
              aria-label={`Leave out neuron ${each}`}
              onClick={() => toggle(each)}
            >
              ×
            </button>
          )}
        </span>
      ))}
      <label for={id} class="hidden">
        Add a neuron by its id
      </label>
      <input
        id={id}
        inputMode="numeric"
        size={5}
        value={text}
        placeholder="id"
        disabled={ids.length >= MOST_OVERLAID}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="small" disabled={ids.length >= MOST_OVERLAID}>
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
