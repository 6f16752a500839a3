import { networkFile } from './networks.js';

export const NETWORK = new Uint8Array(networkFile());
export const NETWORK_CARD = { source: 'a test', license: 'CC0' };

export type NetworkFields = Readonly<Record<string, Uint8Array<ArrayBuffer> | string | undefined>>;

/** The form of an import: its files, by field, in place of a network that is accepted; undefined leaves one out. */
export function networkForm(fields: NetworkFields = {}): FormData {
  const body = new FormData();
  const all = { network: NETWORK, card: JSON.stringify(NETWORK_CARD), ...fields };
  for (const [name, content] of Object.entries(all)) {
    if (content !== undefined) body.append(name, new Blob([content]), name);
  }
  return body;
}
