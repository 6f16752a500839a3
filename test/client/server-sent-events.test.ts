import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createEventReader,
  readEvents,
  type ServerSentEvent,
} from '../../src/client/server-sent-events.js';

function read(...pieces: string[]): ServerSentEvent[] {
  return pieces.flatMap(createEventReader());
}

test('an event has a name and data', () => {
  expect(read('event: state\ndata: {"a":1}\n\n')).toEqual([{ event: 'state', data: '{"a":1}' }]);
});

test('an event without a name is a message', () => {
  expect(read('event: state\ndata: 1\n\ndata: 2\n\n')).toEqual([
    { event: 'state', data: '1' },
    { event: 'message', data: '2' },
  ]);
});

test('lines of data are joined, and one space after a colon is left out', () => {
  expect(read('data:a\ndata:  b\ndata\ndata: c: d\n\n')).toEqual([
    { event: 'message', data: 'a\n b\n\nc: d' },
  ]);
});

test('comments, other fields and events without data are ignored', () => {
  expect(read(': still there\n\nid: 3\nretry: 10\n\nevent: state\n\n')).toEqual([]);
});

test('text without an empty line at its end is not yet an event', () => {
  const next = createEventReader();
  expect(next('data: 1\n')).toEqual([]);
  expect(next('\n')).toEqual([{ event: 'message', data: '1' }]);
});

const line = fc.string({ unit: fc.constantFrom('a', ' ', ':', 'é', '{', '"') });
const reported = fc.record({
  event: fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1 }),
  data: fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n')),
});

test('the same events are parsed wherever the stream is cut and with any line ending', async () => {
  const end = fc.constantFrom('\n', '\r', '\r\n');
  const cuts = fc.array(fc.nat(), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(reported, { maxLength: 4 }),
      end,
      cuts,
      async (events, newline, at) => {
        const text = events
          .map(({ event, data }) => {
            const lines = data.split('\n').map((each) => `data: ${each}`);
            return [`event: ${event}`, ...lines, ': comment', '', ''].join(newline);
          })
          .join('');
        const bytes = new TextEncoder().encode(text);
        const places = at.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            for (const [i, place] of [...places, bytes.length].entries()) {
              controller.enqueue(bytes.subarray(places[i - 1] ?? 0, place));
            }
            controller.close();
          },
        });
        const seen: ServerSentEvent[] = [];
        for await (const event of readEvents(body)) seen.push(event);
        expect(seen).toEqual(events);
      },
    ),
  );
});

test('a stream that is no longer read is cancelled', async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode('data: 1\n\n')),
    cancel: () => {
      cancelled = true;
    },
  });
  for await (const { data } of readEvents(body)) {
    expect(data).toBe('1');
    break;
  }
  expect(cancelled).toBe(true);
});
