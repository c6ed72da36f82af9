import fc from 'fast-check';

/** The same cases on every machine; `COPSE_SEED=<n>` looks elsewhere. */
fc.configureGlobal({ seed: Number(process.env['COPSE_SEED'] ?? 20_261_120) });
