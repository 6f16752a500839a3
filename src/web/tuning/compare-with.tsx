import { ModelSearch } from '../models/model-search.js';
import { useModel, usePage } from '../state/context.js';
import { useFetched } from '../state/fetched.js';
import { listChoices } from '../state/models.js';
import { DASHES, MAX_COMPARED } from './compared-models.js';
import { useComparedModels } from './use-compared-models.js';

/** Names that are listed; where there are more, the user searches. */
const LISTED = '50';

/** Chooses other served models for comparison. */
export function CompareWith() {
  const { service } = usePage();
  const { name, version } = useModel();
  const { compared, compare } = useComparedModels();
  const list = useFetched('models', async (signal) => {
    const query = { limit: LISTED };
    return (await service.json(service.client.v1.models.$get({ query }, { init: { signal } })))
      .value;
  });
  const isMany = list.value?.next !== undefined;
  const served = list.value && !isMany ? listChoices(list.value).map(({ id }) => id) : [];
  const others = served.filter((id) => id !== `${name}/${version}`);
  // Models in the address that are not served appear too, so that the user can remove them.
  const ids = [...new Set([...others, ...compared])];
  if (ids.length === 0 && !isMany) {
    return list.value ? (
      <p class="quiet compare-none">
        Only one model is served. Serve more models to compare them here.
      </p>
    ) : null;
  }
  return (
    <fieldset class="compare">
      <legend>Compare with</legend>
      {isMany && compared.length < MAX_COMPARED && (
        <ModelSearch
          label="Add a model"
          shown=""
          onChoose={(id) => compare([...new Set([...compared, id])])}
        />
      )}
      {ids.map((id) => {
        const place = compared.indexOf(id);
        return (
          <label key={id}>
            <input
              type="checkbox"
              checked={place >= 0}
              disabled={place < 0 && compared.length >= MAX_COMPARED}
              onChange={() =>
                compare(place < 0 ? [...compared, id] : compared.filter((each) => each !== id))
              }
            />
            {id}
            {place >= 0 && (
              <svg width="30" height="8" aria-hidden="true">
                <line
                  x1={0}
                  x2={30}
                  y1={4}
                  y2={4}
                  stroke={'currentColor'}
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
