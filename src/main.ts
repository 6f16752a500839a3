import { bundled } from './bundled.js';

type Start = typeof import('./start.js');

// The client of S3 would warn of versions of Node that its later versions will not know.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
const { startService }: Start = await import(bundled(new URL('./start.js', import.meta.url)));
await startService(process.env);
