import { render } from 'preact';
import { App } from './app.js';
import { createUpload } from './new-model/upload.js';
import { createKeys } from './service/keys.js';
import { createService } from './service/service.js';
import { createAddress } from './state/address.js';
import { createCharacterizationReader } from './state/characterization.js';
import { PageContext } from './state/context.js';
import { createMeasuring } from './state/measurements.js';
import { createTheme } from './state/theme.js';
import './style/style.css';

const origin = new URL('.', document.baseURI).href.replace(/\/$/, '');
const keys = createKeys(sessionStorage);
const theme = createTheme(window);
const service = createService(origin, () => keys.key.value);
const address = createAddress(window);
const page = {
  service,
  address,
  upload: createUpload(service, (changes) => address.set(changes)),
  measuring: createMeasuring(service),
  readCharacterization: createCharacterizationReader(service),
};

render(
  <PageContext.Provider value={page}>
    <App keys={keys} theme={theme} />
  </PageContext.Provider>,
  document.getElementById('page')!,
);
