import { runService } from './serve.js';

await runService(process.env);
