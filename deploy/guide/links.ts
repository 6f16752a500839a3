import path from 'node:path';
import { ROOT_PAGES } from './sections.js';

const CONTENTS = /<!-- contents -->\n[\s\S]*?<!-- end of contents -->\n/;
const FENCE = /^```[\s\S]*?^```$/gm;
/** The generator takes a source without `./` for the name of a package. */
const SOURCE = /(<img\b[^>]*\bsrc=")(?![./]|\w+:)/g;
const LINK = /(!?)\[([^\]]*)\]\((?!https?:|#)([^)\s]*)\)/g;

/** Takes the place of code for a while: a character that no document contains. */
const MARK = '\uE000';
const MARKED = new RegExp(`${MARK}(\\d+)${MARK}`, 'g');

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
    return `${MARK}${fences.length - 1}${MARK}`;
  });
  const linked = withoutCode
    .replaceAll(SOURCE, '$1./')
    .replaceAll(LINK, (link, image: string, label: string, to: string) => {
      const target = guideTarget(path.posix.join(path.posix.dirname(file), to));
      if (target !== undefined) return `${image}[${label}](./${target})`;
      return image === '' ? label : link;
    });
  return linked.replaceAll(MARKED, (_, index: string) => fences[Number(index)]!);
}

/** @returns the address in the guide, relative to its root; undefined for files outside it */
function guideTarget(file: string): string | undefined {
  const [target = '', section] = file.split('#');
  const page = target.startsWith('docs/') ? target.slice('docs/'.length) : ROOT_PAGES[target];
  return page && (section === undefined ? page : `${page}#${section}`);
}
