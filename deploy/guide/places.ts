import path from 'node:path';

/** Folders of the guide in a checkout. */
export interface Places {
  readonly root: string;
  /** Where the config of the generator is. */
  readonly generator: string;
  /** The Markdown that the guide is made of. */
  readonly source: string;
  /** The built site, which the service serves. */
  readonly site: string;
  readonly cache: string;
  /** The digest of what the site was built from. */
  readonly digest: string;
}

/** @param root the folder of the checkout */
export function placesIn(root: string): Places {
  return {
    root,
    generator: path.join(root, 'deploy/guide'),
    source: path.join(root, 'dist/guide-source'),
    site: path.join(root, 'dist/guide'),
    cache: path.join(root, 'dist/.guide-cache'),
    digest: path.join(root, 'dist/.guide-digest'),
  };
}
