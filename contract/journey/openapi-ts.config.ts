import { defineConfig } from '@hey-api/openapi-ts';

// The TypeScript client that a front end would generate; the journey is written against it.
export default defineConfig({
  input: '../../openapi/openapi.json',
  logs: { file: false },
  output: { path: 'client', module: { extension: '.js' } },
});
