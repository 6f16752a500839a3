import path from 'node:path';
import { ROOT_PAGES } from './sections.js';

const CONTENTS = /<!-- contents -->\n[\s\S]*?<!-- end of contents -->\n/;
const FENCE = /^```[\s\S]*?^```$/gm;
/** The generator takes a source without `./` for the name of a package. */
const SOURCE = /(<img\b[^>]*\bsrc=")(?![./]|\w+:)/g;
const LINK = /(!?)\[([^\]]*)\]\((?!https?:|#)([^)\s]*)\)/g;

/**
 * A document of the repository as a page of the guide. The page has no table of contents, since the guide
 * shows one, and links to files outside the guide become plain text.
 * @param text Markdown
 * @param file path of the document in the repository, such as `docs/jobs.md`
 */
export function guideMarkdown(text: string, file: string): string {
  const fences: string[] = [];
  const withoutCode = text.replace(CONTENTS, '').replaceAll(FENCE, (fence) => {
    fences.push(fence);
    return `\u0000${fences.length - 1}\u0000`;
  });
  const linked = withoutCode
    .replaceAll(SOURCE, '$1./')
    .replaceAll(LINK, (link, image: string, label: string, to: string) => {
      const target = guideTarget(path.posix.join(path.posix.dirname(file), to));
      if (target !== undefined) return `${image}[${label}](./${target})`;
      return image === '' ? label : link;
    });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no document contains this character.
  return linked.replaceAll(/\u0000(\d+)\u0000/g, (_, index: string) => fences[Number(index)]!);
}

/** @returns the address in the guide, relative to its root; undefined for files outside it */
function guideTarget(file: string): string | undefined {
  const [target = '', section] = file.split('#');
  const page = target.startsWith('docs/') ? target.slice('docs/'.length) : ROOT_PAGES[target];
  return page && (section === undefined ? page : `${page}#${section}`);
}
