import { expect, test } from 'vitest';
import {
  type Binding,
  compilerArguments,
  latestNapiVersion,
} from '../../deploy/tensorflow/binding.js';
import { librariesFolder, pipFailure } from '../../deploy/tensorflow/libraries.js';
import { SetupError } from '../../deploy/tensorflow/setup-error.js';
import { findCompiler, requireSpace } from '../../deploy/tensorflow/tools.js';
import {
  chooseVariant,
  type Machine,
  platformTags,
  releaseFor,
  type Wheel,
} from '../../deploy/tensorflow/wheels.js';

const machine: Machine = { platform: 'linux', arch: 'x64', glibc: '2.36', nvidiaDriver: false };
const wheel: Wheel = { name: 'tensorflow-cpu', version: '2.21.0', sha256: 'ab', megabytes: 274 };

test.each([
  ['auto', { nvidiaDriver: true }, 'gpu'],
  ['auto', { nvidiaDriver: false }, 'cpu'],
  ['auto', { nvidiaDriver: true, arch: 'arm64' }, 'cpu'],
  ['cpu', { nvidiaDriver: true }, 'cpu'],
  ['gpu', { nvidiaDriver: false }, 'gpu'],
] as const)('variant %s with %o is %s', (wanted, differences, variant) => {
  expect(chooseVariant(wanted, { ...machine, ...differences })).toBe(variant);
});

test.each([
  [{ platform: 'darwin', glibc: null }, 'cpu', 'on Linux alone, this is darwin'],
  [{ glibc: null }, 'cpu', 'glibc 2.27 or newer, this system has none (musl)'],
  [{ glibc: '2.17' }, 'cpu', 'glibc 2.27 or newer, this system has 2.17'],
  [{ arch: 'arm64' }, 'gpu', 'no GPU build for arm64 processors: use --variant cpu'],
  [{ arch: 'riscv64' }, 'gpu', 'no build for riscv64 processors'],
] as const)('a machine with %o and variant %s is rejected', (differences, variant, message) => {
  const reject = () => releaseFor(variant, { ...machine, ...differences });
  expect(reject).toThrow(SetupError);
  expect(reject).toThrow(message);
});

test.each([
  ['cpu', 'x64'],
  ['cpu', 'arm64'],
  ['gpu', 'x64'],
] as const)('every wheel of %s on %s is pinned to one file', (variant, arch) => {
  const { wheels, unpackedMegabytes } = releaseFor(variant, { ...machine, arch });
  const names = wheels.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names[0]).toMatch(/^tensorflow/);
  for (const { version, sha256, megabytes } of wheels) {
    expect(version).toMatch(/^\d+(\.\d+)+$/);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(megabytes).toBeLessThan(unpackedMegabytes);
  }
});

test('pip selects wheels for the processor of this machine', () => {
  expect(platformTags('x64')).toContain('manylinux_2_27_x86_64');
  expect(platformTags('arm64')).toContain('manylinux_2_27_aarch64');
  expect(platformTags('arm64').join()).not.toContain('x86_64');
});

test('other pins are stored in another folder', () => {
  const release = { wheels: [wheel], unpackedMegabytes: 860 };
  const other = { ...release, wheels: [{ ...wheel, sha256: 'cd' }] };
  const folder = librariesFolder('/cache', 'cpu', release);
  expect(folder).toMatch(/^\/cache\/tensorflow-cpu-2\.21\.0-[0-9a-f]{8}$/);
  expect(librariesFolder('/cache', 'cpu', release)).toBe(folder);
  expect(librariesFolder('/cache', 'cpu', other)).not.toBe(folder);
});

test.each([
  ['ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.', 'not the file'],
  ['OSError: [Errno 28] No space left on device', 'HYPERCOLUMN_CACHE'],
  [
    "WARNING: Retrying after connection broken by 'NewConnectionError(...)'\nERROR: No matching distribution found for x",
    'check the network',
  ],
  ['ERROR: No matching distribution found for tensorflow-cpu==2.21.0', 'update pip'],
  ['Traceback\nRuntimeError: odd', 'RuntimeError: odd'],
  ['', 'no reason given'],
])('the pip error %j is reported in one line', (complaint, advice) => {
  const message = pipFailure(wheel, complaint);
  expect(message).toContain('tensorflow-cpu 2.21.0');
  expect(message).toContain(advice);
  expect(message).not.toContain('\n');
});

test('the addon is built for the newest Node-API version that both sides support', () => {
  expect(latestNapiVersion([3, 4, 5, 6, 7, 8], 9)).toBe(8);
  expect(latestNapiVersion([3, 4, 5, 6, 7, 8], 6)).toBe(6);
});

test('the addon is linked to the libraries where they are installed', () => {
  const binding: Binding = {
    file: '/n/lib/napi-v8/tfjs_binding.node',
    napiVersion: 8,
    sources: ['/n/binding/tfjs_binding.cc'],
    includes: ['/n/headers'],
  };
  const given = compilerArguments(binding, '/cache/tf', '/tmp/out.node');
  expect(given).toContain('-DNAPI_VERSION=8');
  expect(given).toContain('-I/cache/tf/tensorflow/include');
  expect(given).toContain('-Wl,-rpath,/cache/tf/tensorflow');
  expect(given[given.indexOf('-o') + 1]).toBe('/tmp/out.node');
});

test('a compiler that does not run and a disk that is too small are reported', () => {
  expect(() => findCompiler('no-such-compiler')).toThrow('CXX names no-such-compiler');
  expect(() => requireSpace('/', 1e12)).toThrow('HYPERCOLUMN_CACHE');
  expect(() => requireSpace('/', 0)).not.toThrow();
});
