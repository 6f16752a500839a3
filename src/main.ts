import { bundled } from './bundled.js';

type Serve = typeof import('./serve.js');

// The client of S3 would warn of versions of Node that its later versions will not know.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
const { runService }: Serve = await import(bundled(new URL('./serve.js', import.meta.url)));
await runService(process.env);
