/** A row of a benchmark's table. */
export interface Row {
  readonly what: string;
  /** Empty where a figure has no goal. */
  readonly toReach: string;
  readonly measured: string;
  /** Undefined where what it is compared with does not run here. */
  readonly met: boolean | undefined;
}

/** Measures some rows. */
export type Part<Config> = (config: Config) => Promise<Row[]>;

/**
 * The parts that `--parts` names; ends the process where one is unknown.
 * @param names separated by commas
 */
export function chooseParts<Config>(
  parts: Readonly<Record<string, Part<Config>>>,
  names: string,
): Part<Config>[] {
  return names.split(',').map((name) => {
    const part = parts[name];
    if (part !== undefined) return part;
    const known = Object.keys(parts).join(', ');
    console.error(
      `error: --parts: unknown part '${name}'; expected ${known}; --help lists the options`,
    );
    return process.exit(2);
  });
}

/** Runs the parts one after the other, and prints each row as soon as it is measured. */
export async function printTable<Config>(
  parts: readonly Part<Config>[],
  config: Config,
): Promise<void> {
  console.log('| what | to reach | measured | |\n|---|---|---|---|');
  for (const measure of parts) {
    for (const row of await measure(config)) console.log(line(row));
  }
}

function line({ what, toReach, measured, met }: Row): string {
  const unknown = toReach === '' ? '' : '?';
  const reached = met === undefined ? unknown : met ? 'yes' : 'no';
  return `| ${what} | ${toReach} | ${measured} | ${reached} |`;
}
