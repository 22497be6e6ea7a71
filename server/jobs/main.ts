import { runWorker } from './worker';

/** Runs the worker until a signal ends it. */
void runWorker();
