import { compressFolder } from '../compress-folder.js';
import { headingAnchor } from './anchors.js';
import { moveScriptsOut } from './outside-scripts.js';
import type { Places } from './places.js';
import { listPages, sideBar } from './sections.js';

/**
 * The settings of VitePress. Their types are checked where they are handed to it, since its types would
 * add those of a browser to every other module.
 */
export function guideConfig({ source, site, cache }: Places) {
  return {
    title: 'Hypercolumn',
    description: 'Digital twins of recorded visual-cortex neurons',
    lang: 'en',
    head: [['link', { rel: 'icon', href: './favicon.svg' }]] as [string, Record<string, string>][],
    // Relative addresses also work behind a proxy that serves the guide under a path.
    base: './',
    srcDir: source,
    outDir: site,
    cacheDir: cache,
    // The service answers it, one level above the guide.
    ignoreDeadLinks: ['../docs'],
    markdown: {
      anchor: { slugify: headingAnchor },
      theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' } as const,
    },
    transformHtml: (html: string) => moveScriptsOut(html, site),
    buildEnd: () => compressFolder(site),
    vite: {
      logLevel: 'warn' as const,
      build: { assetsInlineLimit: 0, chunkSizeWarningLimit: 4096 },
    },
    themeConfig: {
      sidebar: sideBar(listPages(source)),
      outline: [2, 3] as [number, number],
      search: { provider: 'local' as const },
      docFooter: { prev: 'Before', next: 'Next' },
    },
  };
}
