import { expect, test } from 'vitest';
import { processesOf } from '../support/processes.js';
import type { RunningService } from '../support/service.js';
import { temporaryFolder } from '../support/store.js';
import { startTestService } from '../support/test-service.js';

/** Posts a job and kills a process of the service, as often as said, whenever it runs. @returns the job's end */
async function endOfJob(
  { url, child }: RunningService,
  kind: string,
  body: object,
  kills?: { readonly module: string; readonly times: number },
): Promise<object> {
  const answer = await fetch(`${url}/v1/models/constant/${kind}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' },
  });
  expect(answer.status).toBe(202);
  const place = url + answer.headers.get('Location')!;
  const killed = new Set<number>();
  while (kills !== undefined && killed.size < kills.times) {
    const found = processesOf(kills.module, child.pid).find((pid) => !killed.has(pid));
    if (found === undefined) await new Promise(setImmediate);
    else {
      process.kill(found, 'SIGKILL');
      killed.add(found);
    }
  }
  await (await fetch(`${place}/events`)).text();
  return (await (await fetch(place)).json()) as object;
}

function logged({ stderr }: RunningService, message: string): unknown[] {
  return stderr()
    .split('\n')
    .filter((line) => line.includes(`"msg":${JSON.stringify(message)}`));
}

test('a characterization whose process is killed fails with that reason, and the next one succeeds', async () => {
  const running = await startTestService({ DATA_DIR: await temporaryFolder() });
  const reason = 'the process that characterizes neurons was killed (SIGKILL)';
  const module = 'characterization-worker.js';
  expect(
    await endOfJob(running, 'characterize', { neurons: [0] }, { module, times: 1 }),
  ).toMatchObject({ state: 'failed', reason });
  expect(logged(running, reason)).toHaveLength(1);
  expect(logged(running, 'a job failed')).toHaveLength(1);
  expect(await endOfJob(running, 'characterize', { neurons: [0] })).toMatchObject({
    state: 'succeeded',
  });
});

test('a search whose process is killed once succeeds, and one killed twice fails with the reason', async () => {
  const running = await startTestService({ DATA_DIR: await temporaryFolder() });
  const end = 'the process that computes gradients and attention was killed (SIGKILL)';
  const module = 'interpret-worker.js';
  const short = { neurons: [0], restarts: 1, steps: 1 };
  expect(await endOfJob(running, 'preferred-stimulus', short, { module, times: 1 })).toMatchObject({
    state: 'succeeded',
  });
  expect(logged(running, end)).toHaveLength(1);
  const [idle] = processesOf(module, running.child.pid);
  process.kill(idle!, 'SIGKILL');
  await expect.poll(() => logged(running, end)).toHaveLength(2);
  expect(await endOfJob(running, 'preferred-stimulus', short, { module, times: 2 })).toMatchObject({
    state: 'failed',
    reason: `${end}, for the second time while computing this; send it again`,
  });
  expect(logged(running, end)).toHaveLength(4);
  expect(await endOfJob(running, 'preferred-stimulus', short)).toMatchObject({
    state: 'succeeded',
  });
});
