/** One exchange of time stamps with the service, all in milliseconds. */
export interface Exchange {
  /** When the client sent the probe and when it read the answer, by its own clock. */
  readonly sent: number;
  readonly answered: number;
  /** When the service read the probe and when it answered, by its clock. */
  readonly received: number;
  readonly returned: number;
}

/** How the clock of the service compares with the client's, in milliseconds. */
export interface ClockReading {
  /** The service's clock minus the client's; wrong by at most half the round trip. */
  readonly offset: number;
  /** From client to service and back, without the time in the service. */
  readonly roundTrip: number;
}

/**
 * Takes the exchange with the shortest round trip, as NTP does (RFC 5905, section 8).
 * @param exchanges at least one
 */
export function readClock(exchanges: readonly Exchange[]): ClockReading {
  const readings = exchanges.map(({ sent, answered, received, returned }) => ({
    offset: (received - sent + (returned - answered)) / 2,
    roundTrip: answered - sent - (returned - received),
  }));
  return readings.reduce((best, each) => (each.roundTrip < best.roundTrip ? each : best));
}
