import type { RandomStream } from '../../src/network/random.js';

/** A small change of a body, as faults and attackers make it. */
type Mutation = (body: Buffer, random: RandomStream) => Buffer;

/** Lengths and counts that a reader might trust. */
const EXTREMES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
const TOKENS = [
  ...[
    '1e309',
    '-1e309',
    '1e-400',
    '-0',
    '9007199254740993',
    '0.1e1',
    '1.5',
    '-1',
    '256',
    '1000000',
  ],
  ...['NaN', 'Infinity', 'null', 'true', '"x"', '""', '[]', '{}', '[[[[]]]]', '\u0000', '\ud800'],
];
const NAMES = [
  'stimuli',
  'neurons',
  'grating',
  'shape',
  '__proto__',
  'constructor',
  'toString',
  '',
];

/** Mutations of any bytes. */
const BYTES: readonly Mutation[] = [
  function flipBits(body, random) {
    const changed = Buffer.from(body);
    for (let i = 0; i <= random.integer(4); i++) {
      changed[random.integer(body.length)]! ^= 1 << random.integer(8);
    }
    return changed;
  },
  function truncate(body, random) {
    return body.subarray(0, random.integer(body.length));
  },
  function cut(body, random) {
    const from = random.integer(body.length);
    return Buffer.concat([body.subarray(0, from), body.subarray(from + 1 + random.integer(40))]);
  },
  function repeat(body, random) {
    const from = random.integer(body.length);
    const part = body.subarray(from, from + 1 + random.integer(200));
    return Buffer.concat([body.subarray(0, from), part, part, body.subarray(from)]);
  },
  function insertNoise(body, random) {
    const noise = Buffer.from(
      Array.from({ length: 1 + random.integer(30) }, () => random.integer(256)),
    );
    const from = random.integer(body.length + 1);
    return Buffer.concat([body.subarray(0, from), noise, body.subarray(from)]);
  },
  function overwriteLength(body, random) {
    const changed = Buffer.from(body);
    const value = EXTREMES[random.integer(EXTREMES.length)]!;
    // Headers are at the beginning.
    const at = random.integer(Math.max(1, Math.min(changed.length - 4, 200)));
    if (changed.length < at + 4) return changed;
    if (random.integer(2) === 0) changed.writeUInt32LE(value, at);
    else changed.writeUInt32BE(value, at);
    return changed;
  },
  function shuffleHalves(body, random) {
    const at = random.integer(body.length);
    return Buffer.concat([body.subarray(at), body.subarray(0, at)]);
  },
];

/** Mutations of text with numbers and names: JSON, and the header of .npy. */
const TEXT: readonly Mutation[] = [
  function replaceNumber(body, random) {
    return replaced(
      body,
      /-?\d+(\.\d+)?([eE][-+]?\d+)?/g,
      TOKENS[random.integer(TOKENS.length)]!,
      random,
    );
  },
  function renameKey(body, random) {
    return replaced(body, /"\w+"(?=:)/g, `"${NAMES[random.integer(NAMES.length)]}"`, random);
  },
  function repeatKey(body, random) {
    return replaced(body, /\{/g, `{"${NAMES[random.integer(NAMES.length)]}":1,`, random);
  },
  function nest(body, random) {
    const depth = 1 + random.integer(3000);
    const [open, close] = random.integer(2) === 0 ? ['[', ']'] : ['{"a":', '}'];
    return replaced(body, /\d+/g, `${open.repeat(depth)}1${close.repeat(depth)}`, random);
  },
  function dropMark(body, random) {
    return replaced(body, /[[\]{},:"]/g, '', random);
  },
  function replaceText(body, random) {
    const text = ['none', 'é\u202e', '../../etc/passwd', '%00', 'x'.repeat(5000)];
    return replaced(body, /"[^"]*"/g, `"${text[random.integer(text.length)]}"`, random);
  },
];

/** One or several changes, the same for the same stream. */
export function mutated(body: Buffer, isText: boolean, random: RandomStream): Buffer {
  const mutations = isText ? [...BYTES, ...TEXT, ...TEXT] : BYTES;
  let changed = body;
  const rounds = random.integer(3) === 0 ? 1 + random.integer(4) : 1;
  for (let i = 0; i < rounds && changed.length > 0; i++) {
    changed = mutations[random.integer(mutations.length)]!(changed, random);
  }
  return changed;
}

/** Replaces one of the matches; latin1 keeps every byte. */
function replaced(body: Buffer, what: RegExp, by: string, random: RandomStream): Buffer {
  const text = body.toString('latin1');
  const places = [...text.matchAll(what)];
  if (places.length === 0) return body;
  const place = places[random.integer(places.length)]!;
  const after = place.index + place[0].length;
  const parts = [text.slice(0, place.index), text.slice(after)].map((part) =>
    Buffer.from(part, 'latin1'),
  );
  return Buffer.concat([parts[0]!, Buffer.from(by), parts[1]!]);
}
