import { type Kind, MODEL, repeated, send } from './kind.js';

const json = (path: string, head: string, part: string, tail: string) => (bytes: number) =>
  send(path, 'application/json', repeated(head, part, tail, bytes));
const responses = (head: string, part: string, tail: string) =>
  json(`${MODEL}/responses`, head, part, tail);

const ROW = `[${Array.from({ length: 50 }, () => '0.5').join()}]`;
const IMAGE = `[${Array.from({ length: 50 }, () => ROW).join()}]`;

/** JSON: keys, depth, arrays, numbers, texts, parameters of stimuli. */
export const JSON_BODIES: readonly Kind[] = [
  {
    name: 'JSON of unknown keys',
    prepare(bytes) {
      const keys = Array.from({ length: Math.ceil(bytes / 12) }, (_, i) => `"k${i}":0`);
      return send(`${MODEL}/responses`, 'application/json', Buffer.from(`{${keys.join()}}`));
    },
  },
  { name: 'JSON of nested arrays', prepare: responses('{"stimuli":', '[', '') },
  { name: 'JSON of nested objects', prepare: responses('{"stimuli":', '{"a":', '') },
  { name: 'JSON of empty arrays', prepare: responses('{"stimuli":[[]', ',[]', ']}') },
  { name: 'JSON of images of one pixel', prepare: responses('{"stimuli":[[[0]]', ',[[0]]', ']}') },
  { name: 'JSON of images, 50x50', prepare: responses(`{"stimuli":[${IMAGE}`, `,${IMAGE}`, ']}') },
  { name: 'JSON of one long row', prepare: responses('{"stimuli":[[[0', ',0', ']]]}') },
  {
    name: 'JSON of wrong neurons',
    prepare: responses('{"stimuli":[0],"neurons":[-1', ',-1', ']}'),
  },
  { name: 'JSON of one text', prepare: responses('{"stimuli":[{"png":"', 'A', '"]}') },
  { name: 'JSON of base64', prepare: responses('{"stimuli":[{"png":"', 'AAAA', '"}]}') },
  { name: 'JSON of escapes', prepare: responses('{"stimuli":"', '\\u0000', '"}') },
  {
    name: 'JSON of gratings',
    prepare: responses('{"stimuli":[{"grating":{}}', ',{"grating":{}}', ']}'),
  },
  {
    name: 'JSON of gratings with wrong keys',
    prepare: responses('{"stimuli":[{"grating":{"a":0', ',"b":0', '}}]}'),
  },
  {
    name: 'JSON of one sparse noise, 10,000 frames',
    prepare: () =>
      json(`${MODEL}/responses`, '', '{"sparseNoise":{"frames":10000,"seed":1}}', '')(1),
  },
  {
    name: 'JSON of wrong values for a tuning curve',
    prepare: json(`${MODEL}/tuning/parametric`, '{"values":["a"', ',"a"', ']}'),
  },
  {
    name: 'JSON of positions for a receptive field',
    prepare: json(`${MODEL}/receptive-field`, '{"x":[0', ',0', ']}'),
  },
  {
    name: 'V2 JSON of numbers',
    prepare: json(
      '/v2/models/demo/infer',
      '{"inputs":[{"name":"stimulus","datatype":"UINT8","shape":[1,50,50],"data":[0',
      ',0',
      ']}]}',
    ),
  },
  {
    name: 'V2 JSON of wrong inputs',
    prepare: json('/v2/models/demo/infer', '{"inputs":[{}', ',{}', ']}'),
  },
];
