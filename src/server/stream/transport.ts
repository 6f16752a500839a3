/** Milliseconds. */
export interface StreamTiming {
  /** Between two signs of life that are asked of a client. One that gives none three times is considered dead. */
  readonly heartbeat: number;
  /** The time for which answers may wait unread before the stream is closed. */
  readonly unread: number;
  /** The time in which a client must answer a close. */
  readonly goodbye: number;
}

/** How a stream ended. */
export interface StreamEnd {
  /** Of the close: what the client gave, or what it was given; 1006 where the connection broke. */
  readonly code: number;
  readonly reason: string;
}

/** What happens on a connection. */
export interface TransportEvents {
  /** @param isBinary whether it may be a frame: a WebSocket has messages of text too */
  readonly message: (bytes: Uint8Array, isBinary: boolean) => void;
  /** The client broke the rules of the connection, or gives no sign of life: no message follows. */
  readonly fault: (end: StreamEnd) => void;
  /** Called once. Nothing follows. */
  readonly closed: (end: StreamEnd) => void;
}

/** What carries the messages of a stream. */
export interface Transport {
  /** Begins to read. */
  listen(events: TransportEvents): void;
  send(message: Uint8Array | string): void;
  readonly isPaused: boolean;
  /** Reads no further. */
  pause(): void;
  resume(): void;
  /** Whether what was sent waits for the client to read it. */
  readonly isFull: boolean;
  /** Calls back once it is no longer full. */
  onceDrained(callback: () => void): void;
  /** Says why the stream ends, and sends nothing after that. */
  close(code: number, reason: string): void;
  /** Ends the connection at once. */
  terminate(): void;
}

/** What both sides agreed on when the stream was opened. */
export interface Agreement {
  readonly requestId: string;
  /** Of the responses of the model. */
  readonly tag: string;
  /** Bytes of a frame; a longer message ends the stream with 1009. */
  readonly frameBytes: number;
  /** Whether answers have the timestamps of the service. */
  readonly stamps: boolean;
  readonly timing: StreamTiming;
}

/** A connection on which a client requests a stream. */
export interface StreamConnection {
  readonly kind: 'websocket' | 'tcp';
  /** Of the client. */
  readonly address: string;
  /** Whether a stream has the connection; otherwise the request is answered on it. */
  readonly taken: boolean;
  /**
   * Gives the connection to a stream.
   * @throws Problem 400 when the request is not a WebSocket's
   */
  accept(agreement: Agreement): Transport;
}
