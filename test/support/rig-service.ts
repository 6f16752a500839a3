import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { synthesizeSite, writeSite } from '../../training/synthetic/site.js';
import { temporaryFolder } from './store.js';
import { startTestService } from './test-service.js';

/** Images that the tests of the examples show. */
export const SHOWN = 12;

/** A folder with the recording of the neurons of the demo model, which `synthesize` makes with its seed 1. */
export async function demoSite(): Promise<string> {
  const folder = await temporaryFolder();
  const options = { site: 'synthetic', seed: 1, neurons: 4, images: 1, validation: SHOWN };
  await writeSite(folder, synthesizeSite({ ...options, repeats: 1, surround: true }));
  return folder;
}

/** The file of a site with the images that are shown. */
export const imagesOf = (site: string) => join(site, 'val_img_synthetic.npy');

/** A service with the demo model. */
export const startDemo = async () =>
  startTestService({
    MODELS_DIR: fileURLToPath(new URL('../../models', import.meta.url)),
    DATA_DIR: await temporaryFolder(),
    ENGINE: 'onnx',
  });
