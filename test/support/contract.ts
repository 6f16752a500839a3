import { createApp, createRoutes } from '../../src/server/app.js';
import { openapiDocument } from '../../src/server/openapi/document.js';
import type { AppDependencies } from '../../src/server/service.js';
import { createContract, type Document } from './openapi.js';

/** The client had disconnected, so there is no response. */
const CLIENT_GONE = 499;

let contract: ReturnType<typeof createContract> | undefined;

/** An app whose `request` fails when a response does not match the OpenAPI document. */
export function createCheckedApp(deps: AppDependencies): ReturnType<typeof createApp> {
  const app = createApp(deps);
  const request = app.request.bind(app);
  app.request = async (input, init, ...rest) => {
    const answer = await request(input, init, ...rest);
    // The document is the same for every app, and slow to make.
    const document = () => openapiDocument(createRoutes(deps)) as unknown as Document;
    contract ??= createContract(document());
    const { method = 'GET' } = input instanceof Request ? input : { ...init };
    const { pathname } = new URL(input instanceof Request ? input.url : input, 'http://localhost');
    const path = contract.find(method, pathname);
    if (path === undefined || answer.status === CLIENT_GONE || !isReadable(answer)) return answer;
    const differences = await contract.differences(method, path, answer.clone());
    if (differences.length > 0) throw new Error(`not as documented: ${differences.join('; ')}`);
    return answer;
  };
  return app;
}

/** Reading events would wait for their end. */
function isReadable({ headers }: Response): boolean {
  return headers.get('Content-Type') !== 'text/event-stream' && !headers.has('Content-Encoding');
}
