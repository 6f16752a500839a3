import { runService } from './serve.js';

// The client of S3 would warn of versions of Node that its later versions will not know.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
await runService(process.env);
