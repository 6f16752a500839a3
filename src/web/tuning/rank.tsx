import { useState } from 'preact/hooks';
import { Figure } from '../figures/figure.js';
import { PlotView } from '../figures/plot.js';
import { FileField, Segments, Slider } from '../parts/fields.js';
import { FetchedView, Warnings } from '../parts/notices.js';
import { useModel, usePage } from '../state/context.js';
import { useFetched } from '../state/fetched.js';
import { useNeurons } from '../state/neurons.js';
import { useStoredSets } from '../state/stored-sets.js';
import { listReports } from './labels.js';
import { Legend } from './legend.js';
import { NumberTable } from './number-table.js';
import { type RankCurve, type RankScale, rankPlot } from './rank-plot.js';
import { rankRows, WITHOUT_REAL } from './rank-rows.js';
import { fetchRanking, type Ranking } from './ranking.js';
import { neuronSeries, type Series } from './series.js';
import { SetChoice } from './set-choice.js';
import { TopStimuli } from './top-stimuli.js';
import { useComparedModels } from './use-compared-models.js';

const SCALES = [
  ['linear', 'linear'],
  ['log', 'logarithmic'],
] as const;
const MAX_K = 500;

/** Shows the responses to a stimulus set in descending order. */
export function RankTuning() {
  const { service, address } = usePage();
  const { height, width } = useModel().card.stimulus;
  const { ids } = useNeurons();
  const models = useComparedModels();
  const [real, setReal] = useState<{ readonly set: string; readonly file: File }>();
  const [set, k] = [address.get('set'), wholeIn(address.get('k'))];
  const sets = useStoredSets(set);
  const chosen = sets.value?.find(({ digest }) => digest === set);
  // Real responses belong to one set.
  const responses = real?.set === set ? real.file : undefined;
  const resized = chosen !== undefined && (chosen.height !== height || chosen.width !== width);
  const modelIds = models.all.map(({ id }) => id);
  const file = responses && [responses.name, responses.size, responses.lastModified];
  const gone = set !== '' && sets.value && !sets.waiting && !chosen;
  const key = chosen ? JSON.stringify([set, resized, k, ids, modelIds, file]) : null;
  const fetched = useFetched(key, (signal) =>
    fetchRanking(service, models, { set, resized, k, neurons: ids, responses }, signal),
  );
  return (
    <div class="experiment">
      <div class="results">
        <SetChoice
          sets={sets}
          chosen={set}
          onChoose={(digest) => address.set({ set: digest, k: '' }, true)}
        />
        {chosen && (
          <section class="panel set-choice" aria-label="Real responses">
            <h2>Real responses</h2>
            <FileField
              label="Optional: .npy of (stimuli, all neurons of the model)"
              accept=".npy"
              onFiles={([first]) => setReal({ set, file: first! })}
            />
            {responses && (
              <div class="row">
                <span>{responses.name}</span>
                <button type="button" class="small" onClick={() => setReal(undefined)}>
                  Remove
                </button>
                <span class="quiet">It stays on this page and is not part of the link.</span>
              </div>
            )}
          </section>
        )}
        {chosen && (
          <section class="panel" aria-label="The peak">
            <Slider
              label="k, number of stimuli in the peak"
              unit={`of ${chosen.count}`}
              value={Number(k === '' ? (fetched.value?.rank.results[0]?.value.k ?? 1) : k)}
              min={1}
              max={Math.min(MAX_K, chosen.count)}
              step={1}
              onValue={(next) => address.set({ k: String(Math.round(next)) })}
            />
          </section>
        )}
      </div>
      <div class="results">
        {set === '' && (
          <p class="notice">
            Choose a stored set of stimuli, upload one, or press “Make a set to try”. The responses
            of each chosen neuron then appear here in descending order, with the stimuli that it
            responds to most.
          </p>
        )}
        {gone && (
          <p class="notice warn">
            The set {set.slice(0, 8)}… in the link is not stored here. Choose another set, or upload
            this one.
          </p>
        )}
        <FetchedView fetched={fetched} waiting="Computing the responses to the set…">
          {(ranking) => <Ranks ranking={ranking} />}
        </FetchedView>
      </div>
    </div>
  );
}

function Ranks({ ranking }: { readonly ranking: Ranking }) {
  const { address } = usePage();
  const { response } = useModel().card;
  const { rank, peak } = ranking;
  const { results, omitted } = rank;
  const scale: RankScale = address.get('ranks') === 'log' ? 'log' : 'linear';
  const series = neuronSeries(results);
  const ids = ranking.request.neurons;
  const { k, orderedBy } = results[0]!.value;
  const curves = series.map(({ of, ...each }) => ({ ...each, ...of }));
  const population: (RankCurve & Series)[] = results.map(({ model, value }) => ({
    ...value.population,
    theta: null,
    model,
    neuron: -1,
    label: model.id,
    colour: 'currentColor',
    dash: 'none',
  }));
  const requests = results.map(({ request }) => request);
  const withReal = orderedBy === 'real';
  const parts = withReal ? (['real', 'predicted'] as const) : [];
  return (
    <>
      <Warnings warnings={omitted} />
      <Segments
        label="Scale of the ranks"
        value={scale}
        options={SCALES.map(([name, text]) => [name, `Ranks ${text}`] as const)}
        onValue={(next) => address.set({ ranks: next === 'log' ? 'log' : '' })}
      />
      <div class="figures">
        <Figure
          title="Rank tuning"
          name="rank-tuning"
          columns={rankColumns(curves)}
          requests={requests}
          caption={`Each neuron's stimuli in descending order of its ${orderedBy} response${withReal ? '; the short line at the height of theta' : ''}.`}
        >
          <PlotView
            label={`Rank tuning of ${series.map(({ label }) => label).join(', ')}`}
            draw={(width) => rankPlot({ curves, k, scale, responseUnit: response.unit }, width)}
            dependencies={[ranking, scale]}
          />
          <Legend series={series} parts={parts} />
        </Figure>
        {ids.length > 1 && (
          <Figure
            title="Population"
            name="rank-tuning-population"
            columns={rankColumns(population)}
            requests={requests}
            caption="The mean over the chosen neurons at each rank, every neuron in its own order."
          >
            <PlotView
              label={`Rank tuning of the population, mean of ${ids.length} neurons`}
              draw={(width) =>
                rankPlot({ curves: population, k, scale, responseUnit: response.unit }, width)
              }
              dependencies={[ranking, scale]}
            />
            <Legend series={population} parts={parts} />
          </Figure>
        )}
      </div>
      <TopStimuli ranking={ranking} />
      <Warnings warnings={listReports(results)} />
      <NumberTable
        title="Rank and peak"
        name="rank-and-peak"
        caption={withReal ? undefined : WITHOUT_REAL}
        series={series}
        requests={requests}
        rows={rankRows(
          series.map(({ of }) => of),
          neuronSeries(peak.results).map(({ of }) => of),
          withReal,
        )}
      />
    </>
  );
}

function rankColumns(curves: readonly (RankCurve & { readonly order?: readonly number[] })[]) {
  const columns = curves.flatMap(({ label, order, real, predicted }) => [
    ...(order ? [[`${label}, stimulus`, order] as const] : []),
    ...(real ? [[`${label}, real`, real] as const] : []),
    [`${label}, predicted`, predicted] as const,
  ]);
  const ranks = curves[0]?.predicted.map((_, i) => i + 1) ?? [];
  return { rank: ranks, ...Object.fromEntries(columns) };
}

function wholeIn(text: string): string {
  return /^[1-9]\d{0,5}$/.test(text) ? text : '';
}
