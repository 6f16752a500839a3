// Measures how well recipes predict synthetic sites of several sizes: `npm run bench:sites`. Each site has so many known
// neurons and training images; `hypercolumn compare` trains the recipes on it. With --keep, a run that was broken off
// goes on where it was. --first takes some neurons of the sites: enough for networks of one neuron each, which do not
// depend on the other neurons.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { z } from 'zod';
import { runCommand } from '../src/cli/run-command.js';
import { parseAs, parseJson } from '../src/formats/json.js';
import { wholeNumber } from '../training/run/options.js';
import { synthesizeSite, writeSite } from '../training/synthetic/site.js';

const SITE = 'synthetic';
const VALIDATION = 500;

interface Options {
  readonly neurons: readonly number[];
  readonly images: readonly number[];
  readonly recipe: string;
  readonly seeds: number;
  readonly first?: number;
  readonly keep?: string;
}

/** What is read of the table of a comparison. */
const Table = z.object({
  recipes: z.array(
    z.object({
      recipe: z.string(),
      cost: z.object({ seconds: z.number() }),
      scores: z.object({
        CORR: z.object({ mean: z.number().nullable(), ensemble: z.number().nullable() }),
        CCnorm: z.object({ mean: z.number().nullable() }),
      }),
    }),
  ),
});

await runCommand(
  new Command('bench:sites')
    .description('compares recipes on synthetic sites of several sizes')
    .option('--neurons <list>', 'of the sites', numbers, [30, 100, 300])
    .option('--images <list>', 'training images of the sites', numbers, [1000, 4000])
    .option('--recipe <names>', 'to compare', 'shared_core,rf_cnn')
    .option('--seeds <count>', 'of each recipe', wholeNumber(1, 32), 1)
    .option('--first <count>', 'compares on so many of the neurons alone', wholeNumber(1, 300))
    .option('--keep <folder>', 'where sites and models stay')
    .allowExcessArguments(false)
    .action(bench),
);

async function bench({ neurons, images, recipe, seeds, first, keep }: Options): Promise<void> {
  console.log(`${availableParallelism()} x ${cpus()[0]?.model}, Node ${process.version}\n`);
  const folder = keep ?? (await mkdtemp(path.join(tmpdir(), 'hypercolumn-sites-')));
  console.log('| neurons | images | recipe | CORR | CCnorm | training of a seed |');
  console.log('|---|---|---|---|---|---|');
  try {
    for (const count of neurons) {
      for (const training of images) {
        const place = path.join(folder, `${count}-${training}`);
        await makeSite(place, count, training);
        const out = path.join(place, first === undefined ? 'comparison' : `comparison-${first}`);
        await compare([
          '--data',
          place,
          '--site',
          SITE,
          '--recipe',
          recipe,
          '--seeds',
          `${seeds}`,
          ...(first === undefined ? [] : ['--neurons', `0-${first - 1}`]),
          '--out',
          out,
        ]);
        const file = path.join(out, 'table.json');
        const { recipes } = parseAs(Table, parseJson(await readFile(file)), file);
        for (const { recipe: name, cost, scores } of recipes) {
          const cells = [scores.CORR.mean, scores.CCnorm.mean].map(
            (value) => value?.toFixed(3) ?? '-',
          );
          console.log(
            `| ${first ?? count} | ${training} | \`${name}\` | ${cells.join(' | ')} | ${cost.seconds.toFixed(0)} s |`,
          );
        }
      }
    }
  } finally {
    if (keep === undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** Writes a site, unless it is there. */
async function makeSite(folder: string, neurons: number, images: number): Promise<void> {
  const isThere = await access(path.join(folder, `valRsp_${SITE}.npy`)).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  await mkdir(folder, { recursive: true });
  const made = { site: SITE, seed: 1, neurons, images, surround: true, repeats: 10 };
  await writeSite(folder, synthesizeSite({ ...made, validation: VALIDATION }));
}

async function compare(args: readonly string[]): Promise<void> {
  const command = fileURLToPath(new URL('../src/cli/hypercolumn.js', import.meta.url));
  const child = spawn(process.execPath, [command, 'compare', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`hypercolumn compare ended with ${code}`);
}

function numbers(text: string): number[] {
  return text.split(',').map(wholeNumber(1, 100_000));
}
