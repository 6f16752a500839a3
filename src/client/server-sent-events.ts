export interface ServerSentEvent {
  /** `message` for events without a name. */
  readonly event: string;
  readonly data: string;
}

/**
 * Reads server-sent events. EventSource cannot send an API key.
 * @returns a function that takes the next piece of text and returns the events completed by it
 */
export function createEventReader(): (text: string) => ServerSentEvent[] {
  let rest = '';
  let afterReturn = false;
  let event = '';
  let data: string[] = [];

  return (text) => {
    // The previous piece ended between \r and \n.
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

/** Yields the events of a response body until it ends or breaks. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<ServerSentEvent> {
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
    await reader.cancel().catch(() => undefined); // The stream is broken already.
  }
}
