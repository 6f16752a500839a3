/**
 * The anchor of a heading, which code hosts and the guide share.
 * @param title as written in Markdown, without the leading `#`
 * @returns the fragment of an address, without `#`
 * @example headingAnchor('Keys, and `key` files') // keys-and-key-files
 */
export function headingAnchor(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}
