import { defineConfig } from 'vitest/config';
import everything from './vitest.config.js';

/** Tests of the inner loop, which train nothing and start neither a browser nor a service. */
export default defineConfig({
  ...everything,
  test: {
    ...everything.test,
    include: [
      'test/*.test.ts',
      'test/{architecture,datasets,docs,experiments,formats,jobs,models,objects,stimulus,storage,tuning,workers}/**/*.test.ts',
      'test/cli/run-command.test.ts',
      'test/inference/{model-repository,scheduler,scheduler-order}.test.ts',
      'test/server/{bad-input,nearest-path,receptive-field,responses,routes,stimuli,stimulus-sets,urls}.test.ts',
      'test/server/{body,middleware,openapi}/*.test.ts',
      'test/training/{data,model}/*.test.ts',
      'test/training/ensemble/{calibration,repeated-like}.test.ts',
      'test/training/recipes.test.ts',
      'test/training/run/{options,progress}.test.ts',
    ],
    exclude: [
      'test/nothing-sent.test.ts',
      'test/server/**/process.test.ts',
      'test/server/openapi/documented-responses.test.ts',
      'test/server/middleware/idempotency.test.ts',
    ],
  },
});
