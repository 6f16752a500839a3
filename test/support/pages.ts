/** Elements without an end tag. */
const VOID = new Set(['meta', 'br', 'img', 'hr', 'link', 'input']);

/** Tags of a page that are not closed or close nothing, in order. */
export function unbalancedTags(page: string): string[] {
  const text = page.replace(/<!doctype html>/i, '').replace(/<style\b[^>]*>[\s\S]*?<\/style>/g, '');
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [tag, end, name, attributes] of text.matchAll(
    /<(\/?)([A-Za-z][\w-]*)((?:[^<>"]|"[^"]*")*)>/g,
  )) {
    if (end) {
      if (open.pop() !== name) wrong.push(tag);
    } else if (!VOID.has(name!) && !attributes!.endsWith('/')) {
      open.push(name!);
    }
  }
  const stray = text.replace(/<\/?[A-Za-z](?:[^<>"]|"[^"]*")*>/g, '').match(/<.{0,20}/g) ?? [];
  return [...wrong, ...open, ...stray];
}

/** The parts of a page that would be fetched from elsewhere or executed. */
export function externalReferences(page: string): string[] {
  const references = [...page.matchAll(/\b(?:src|href|action|data)="([^"]*)"/g)]
    .map((match) => match[1]!)
    .filter((target) => !target.startsWith('#') && !target.startsWith('data:image/png;base64,'));
  const addresses = [...page.matchAll(/https?:\/\/[^\s"'<]*/g)]
    .map((match) => match[0])
    .filter((address) => !address.startsWith('http://www.w3.org/'));
  const others = page.match(/<(?:script|link|iframe|object)\b|@import|url\((?!#)/g) ?? [];
  return [...references, ...addresses, ...others];
}
