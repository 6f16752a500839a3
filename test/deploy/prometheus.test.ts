import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { promtool, testWith } from '../support/capabilities.js';
import { saveConstantModel } from '../support/saved-models.js';
import { startService } from '../support/service.js';
import { sharedFolder } from '../support/store.js';

const TOOL = promtool();
const testWithPromtool = testWith(TOOL);
const DEPLOY = fileURLToPath(new URL('../../deploy', import.meta.url));
const ALERTS = readFileSync(`${DEPLOY}/prometheus/alerts.yml`, 'utf8');
const DASHBOARD = readFileSync(`${DEPLOY}/grafana/hypercolumn.json`, 'utf8');

interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}
const { panels } = JSON.parse(DASHBOARD) as Dashboard;

/** The metrics of a running service that has answered requests. */
let metrics = '';
const folder = sharedFolder();
beforeAll(async () => {
  await saveConstantModel(folder, 'constant');
  const { url, kill } = await startService({ MODELS_DIR: folder });
  await fetch(`${url}/v1/models/constant/tuning/parametric`, { method: 'POST' });
  metrics = await (await fetch(`${url}/metrics`)).text();
  await kill();
});

function run(args: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync(TOOL.program, args, {
    cwd: `${DEPLOY}/prometheus`,
    encoding: 'utf8',
    input,
  });
  return { status, said: stdout + stderr };
}

/** The names of the samples that a scrape can have. */
function sampleNames(): Set<string> {
  const types = [...metrics.matchAll(/^# TYPE (\S+) (\S+)$/gm)] as (readonly string[])[];
  return new Set(
    types.flatMap(([, name, type]) =>
      type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name!],
    ),
  );
}

const namesIn = (text: string) => new Set(text.match(/\bhypercolumn_\w+/g));

test('a scrape has a histogram for each stage that begins at half a millisecond', () => {
  for (const name of ['decode', 'queue', 'infer', 'encode', 'http_request']) {
    expect(metrics).toContain(`# TYPE hypercolumn_${name}_seconds histogram\n`);
    expect(metrics).toContain(`hypercolumn_${name}_seconds_bucket{le="0.0005"} `);
    expect(metrics).toContain(`hypercolumn_${name}_seconds_count 1\n`);
  }
});

test('a scrape has the memory of the inference process and the event loop delay', () => {
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
  if (process.platform === 'linux') {
    expect(value('hypercolumn_engine_resident_memory_bytes')).toBeGreaterThan(20e6);
  }
  expect(value('hypercolumn_process_resident_memory_bytes')).toBeGreaterThan(20e6);
  expect(value('hypercolumn_nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
});

test('alerts and the dashboard use only metrics that exist', () => {
  const there = sampleNames();
  const alerts = namesIn(ALERTS);
  const presented = new Set(
    panels.flatMap(({ targets }) => targets).flatMap(({ expr }) => [...namesIn(expr)]),
  );
  expect(alerts.size).toBeGreaterThan(5);
  expect(presented.size).toBeGreaterThan(10);
  expect([...alerts, ...presented].filter((name) => !there.has(name))).toEqual([]);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
});

testWithPromtool('promtool finds nothing wrong with a scrape', () => {
  expect(run(['check', 'metrics'], metrics)).toEqual({ status: 0, said: '' });
});

testWithPromtool('the alerts are rules, and fire when they should and only then', () => {
  expect(run(['check', 'rules', 'alerts.yml'])).toMatchObject({ status: 0 });
  const { status, said } = run(['test', 'rules', 'alerts.test.yml']);
  expect(said).toContain('SUCCESS');
  expect(status).toBe(0);
});

testWithPromtool('each query of the dashboard can be read', () => {
  const rules = panels.flatMap(({ targets }) =>
    targets.map(({ expr }, i) => ({
      record: `query_${i}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'),
    })),
  );
  const file = path.join(folder, 'queries.yml');
  // JSON is YAML
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
  expect(run(['check', 'rules', file])).toMatchObject({ status: 0 });
});
