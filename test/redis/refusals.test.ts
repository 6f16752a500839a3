import { createHash } from 'node:crypto';
import { pino } from 'pino';
import { expect, onTestFinished, vi } from 'vitest';
import { createConnections } from '../../src/redis/connection.js';
import { testWith } from '../support/capabilities.js';
import { connectRedis, redisServer, startRedis } from '../support/redis.js';

const test = testWith(redisServer());
const SCRIPT = "return redis.call('set', KEYS[1], 'x')";
const AGAIN = 'Redis takes commands again';

async function open(patience = 5000) {
  const redis = await startRedis();
  const admin = await connectRedis(redis);
  const log: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => log.push(JSON.parse(line)) });
  const connections = createConnections(redis.url, logger);
  onTestFinished(() => connections.close());
  const [first, second] = [connections.forRequests(patience), connections.forRequests(patience)];
  await vi.waitFor(() => Promise.all([first.ping(), second.ping()]));
  log.length = 0;
  /** Sends each a command that writes. @returns what became of them */
  const write = async () => {
    const ends = await Promise.allSettled(
      [first, second, first, second].map((each, i) => each.set(`key-${i}`, 'x')),
    );
    return ends.map(({ status }) => status);
  };
  return { redis, admin, first, write, log, messages: () => log.map(({ msg }) => msg) };
}

test('a full Redis is logged when it begins to refuse, and when it takes commands again', async () => {
  const { admin, first, write, log, messages } = await open();
  for (const times of [1, 2]) {
    await admin.config('SET', 'maxmemory', '1');
    expect(await write()).toEqual(Array(4).fill('rejected'));
    // What Redis still does is no sign that it is well.
    await first.get('key-1');
    await first.eval('return 1', 0);
    await expect(first.eval("return redis.call('set', 'a', 'b')", 0)).rejects.toThrow('OOM');
    await write();
    expect(messages()).toHaveLength(2 * times - 1);
    expect(log.at(-1)).toMatchObject({
      msg: 'Redis refuses commands',
      level: 50,
      code: 'OOM',
      command: 'set',
      reason: expect.stringMatching(/^OOM command not allowed/),
    });
    await admin.config('SET', 'maxmemory', '0');
    await write();
    await write();
    expect(messages()).toHaveLength(2 * times);
    expect(messages().at(-1)).toBe(AGAIN);
  }
});

test('a script that was refused is known by its hash', async () => {
  const { admin, first, messages } = await open();
  await admin.config('SET', 'maxmemory', '1');
  await expect(first.eval(SCRIPT, 1, 'a')).rejects.toThrow('OOM');
  await admin.config('SET', 'maxmemory', '0');
  await first.evalsha(createHash('sha1').update(SCRIPT).digest('hex'), 1, 'a');
  expect(messages()).toEqual(['Redis refuses commands', AGAIN]);
});

test('another reason is logged as well', async () => {
  const { admin, write, log } = await open();
  await admin.config('SET', 'maxmemory', '1');
  await write();
  await admin.config('SET', 'maxmemory', '0');
  await admin.replicaof('127.0.0.1', 1);
  await write();
  expect(log).toMatchObject([{ code: 'OOM' }, { code: 'READONLY' }]);
  await admin.replicaof('NO', 'ONE');
  await write();
  expect(log.at(-1)).toMatchObject({ msg: AGAIN });
});

test('commands that this user may not send are logged', async () => {
  const { admin, write, log } = await open();
  await admin.acl('SETUSER', 'default', '-set');
  await write();
  expect(log).toMatchObject([{ msg: 'Redis refuses commands', code: 'NOPERM' }]);
});

test('a Redis that does not answer is logged once', async () => {
  const { redis, write, messages } = await open(200);
  redis.suspend();
  expect(await write()).toEqual(Array(4).fill('rejected'));
  expect(await write()).toEqual(Array(4).fill('rejected'));
  expect(messages()).toEqual(['Redis does not answer']);
});

for (const [what, user, code] of [
  ['wrong', ':wrong@', 'WRONGPASS'],
  ['missing', '', 'NOAUTH'],
] as const) {
  test(`a password that is ${what} is logged once, and when it is right`, async () => {
    const { redis, admin } = await open();
    await admin.config('SET', 'requirepass', 'secret');
    const log: Record<string, unknown>[] = [];
    const logger = pino({}, { write: (line: string) => log.push(JSON.parse(line)) });
    const connections = createConnections(redis.url.replace('//', `//${user}`), logger);
    onTestFinished(() => connections.close());
    const client = connections.forRequests(1000);
    let failures = 0;
    client.on('error', () => {
      failures += 1;
    });
    await vi.waitFor(() => expect(failures).toBeGreaterThan(1));
    expect(log).toMatchObject([{ msg: 'Redis refuses commands', code }]);
    await admin.config('SET', 'requirepass', user === '' ? '' : 'wrong');
    await vi.waitFor(() => expect(log).toHaveLength(2));
    expect(log[1]).toMatchObject({ msg: AGAIN });
  });
}
