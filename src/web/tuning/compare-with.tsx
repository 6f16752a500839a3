import { useAsked } from '../state/asked.js';
import { useModel, usePage } from '../state/context.js';
import { choicesOf } from '../state/models.js';
import { DASHES, MOST_COMPARED } from './answerers.js';
import { useAnswerers } from './use-answerers.js';

/** The other models that are served, to be asked the same. */
export function CompareWith() {
  const { service } = usePage();
  const { name, version } = useModel();
  const { compared, compare } = useAnswerers();
  const list = useAsked('models', async (signal) => {
    return (await service.json(service.client.v1.models.$get({}, { init: { signal } }))).value;
  });
  const served = list.value ? choicesOf(list.value).map(({ id }) => id) : [];
  const others = served.filter((id) => id !== `${name}/${version}`);
  // what is in the address and not served is told where it is asked, and can be left out here
  const ids = [...new Set([...others, ...compared])];
  if (ids.length === 0) {
    return list.value ? (
      <p class="quiet compare-none">
        Only one model is served; several models can be compared here.
      </p>
    ) : null;
  }
  return (
    <fieldset class="compare">
      <legend>Compare with</legend>
      {ids.map((id) => {
        const place = compared.indexOf(id);
        return (
          <label key={id}>
            <input
              type="checkbox"
              checked={place >= 0}
              disabled={place < 0 && compared.length >= MOST_COMPARED}
              onChange={() =>
                compare(place < 0 ? [...compared, id] : compared.filter((each) => each !== id))
              }
            />
            {id}
            {place >= 0 && (
              <svg width="30" height="8" aria-hidden="true">
                <line
                  {...{ x1: 0, x2: 30, y1: 4, y2: 4, stroke: 'currentColor' }}
                  stroke-width="2"
                  stroke-dasharray={DASHES[place + 1]}
                />
              </svg>
            )}
          </label>
        );
      })}
    </fieldset>
  );
}
