export interface ServerSentEvent {
  /** `message` where none is named. */
  readonly event: string;
  readonly data: string;
}

/**
 * Reads server-sent events, of which EventSource can show no key.
 * @returns takes the text as it comes, wherever that is cut, and gives the events that are whole
 */
export function createEventReader(): (text: string) => ServerSentEvent[] {
  let rest = '';
  let afterReturn = false;
  let event = '';
  let data: string[] = [];

  return (text) => {
    // the end of a line that the piece before this ended
    const piece = afterReturn && text.startsWith('\n') ? text.slice(1) : text;
    if (text !== '') afterReturn = text.endsWith('\r');
    const lines = (rest + piece).split(/\r\n|\n|\r/);
    rest = lines.pop()!;
    return lines.flatMap(take);
  };

  function take(line: string): ServerSentEvent[] {
    if (line !== '') {
      const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
      if (name === 'event') event = value;
      if (name === 'data') data.push(value);
      return [];
    }
    const whole = data.length > 0 ? [{ event: event || 'message', data: data.join('\n') }] : [];
    event = '';
    data = [];
    return whole;
  }
}

/** The events of an answer, until it ends or breaks. */
export async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const read = createEventReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* read(decoder.decode(value, { stream: true }));
    }
  } finally {
    await reader.cancel().catch(() => undefined); // it broke before
  }
}
