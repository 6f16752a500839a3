import { quantile } from '../figures.js';
import type { Row } from '../table.js';
import type { Answer, Session } from './session.js';

/** Answers that are reported apart: the first of a session. */
const FIRST = 100;
/** Answers that are explained, the slowest of a session. */
const SLOWEST = 5;

/** The rows of a session. @param when what ran meanwhile */
export function sessionRows(session: Session, when: string, rate: number): Row[] {
  const { answers, images, rejected, lost, failure } = session;
  const late = answers.filter((answer) => delay(answer) > 1000 / rate).length;
  const row = (what: string, measured: string) => plainRow(`${when}: ${what}`, measured);
  return [
    row(`first ${FIRST} answers`, describe(answers.slice(0, FIRST))),
    row('later answers', describe(answers.slice(FIRST))),
    row(
      'late answers: after the next image was due',
      `${late} of ${images} (${((100 * late) / images).toFixed(3)} %)`,
    ),
    {
      what: `${when}: images without an answer, or with an error`,
      toReach: 'none',
      measured: `${lost} and ${rejected}${failure === null ? '' : ` (${failure})`}`,
      met: lost + rejected === 0 && failure === null,
    },
  ];
}

/** A figure that has no goal. */
export function plainRow(what: string, measured: string): Row {
  return { what, toReach: '', measured, met: undefined };
}

/** Where the time of the slowest answers went. */
export function describeSlowest(session: Session): string {
  const slowest = session.answers.toSorted((a, b) => delay(b) - delay(a)).slice(0, SLOWEST);
  return slowest
    .map(({ due, sent, answered, decode, queue, infer }) => {
      const elsewhere = answered - sent - decode - queue - infer;
      const parts = {
        'sent late': sent - due,
        ...{ decode, queue, infer },
        'on the way': elsewhere,
      };
      const list = Object.entries(parts).map(([part, ms]) => `${part} ${ms.toFixed(1)}`);
      return `  at ${(due / 1000).toFixed(1)} s: ${(answered - due).toFixed(1)} ms: ${list.join(', ')}`;
    })
    .join('\n');
}

/** Milliseconds from the time when an image was due until its answer was read. */
function delay({ due, answered }: Answer): number {
  return answered - due;
}

function describe(answers: readonly Answer[]): string {
  const delays = answers.map(delay);
  const figures = {
    p50: quantile(delays, 0.5),
    p99: quantile(delays, 0.99),
    max: Math.max(...delays),
  };
  const list = Object.entries(figures).map(([name, ms]) => `${name} ${ms.toFixed(2)} ms`);
  return list.join(', ');
}
