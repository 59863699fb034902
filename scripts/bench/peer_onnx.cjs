// One rival in one process, ONNX Runtime: node peer_onnx.cjs JSON; prints one JSON object.
//
// JSON: module (folder of onnxruntime-node), threads, tolerance, least, budget_ms, cases: [{features, logits, shape: [B, T, 128], candidates}].
// A candidate {model, batch, workers, level, mode} runs the case as B / batch runs of `batch` utterances each, spread over `workers`
// threads with a session of their own, each with threads / workers threads. Of a case's candidates the fastest is reported:
// cases: [{candidate, median_ms, runs, error}], error: largest difference from `logits`; more than `tolerance` ends the process.
'use strict';
const fs = require('fs');
const {Worker, isMainThread, parentPort, workerData} = require('worker_threads');

function readFloats(path) {
    const bytes = fs.readFileSync(path);
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

// A session and its share of a case's utterances: run() leaves the outputs of all runs in `outputs`.
async function createShare(setup, test, candidate, worker) {
    const ort = require(setup.module);
    const session = await ort.InferenceSession.create(candidate.model, {
        intraOpNumThreads: setup.threads / candidate.workers,
        interOpNumThreads: candidate.mode === 'parallel' ? setup.threads : 1,
        graphOptimizationLevel: candidate.level,
        executionMode: candidate.mode,
    });
    const features = readFloats(test.features);
    const [utterances, frames, bins] = test.shape;
    const inputs = [], size = candidate.batch * frames * bins, share = utterances / candidate.workers;
    for (let first = worker * share; first < (worker + 1) * share; first += candidate.batch) {
        const at = first * frames * bins;
        inputs.push(new ort.Tensor('float32', features.slice(at, at + size), [candidate.batch, frames, bins]));
    }
    const outputs = [];
    const run = async () => {
        for (let i = 0; i < inputs.length; i++) {
            outputs[i] = (await session.run({features: inputs[i]})).logits.data;
        }
    };
    return {run, outputs, release: () => session.release()};
}

async function runWorker() {
    const {setup, test, candidate, worker, go, done} = workerData;
    const share = await createShare(setup, test, candidate, worker);
    parentPort.postMessage('ready');
    // Woken by a counter in shared memory: a message through the event loop would cost a rival some of its time.
    for (let round = 0;; round++) {
        Atomics.wait(go, 0, round);
        if (Atomics.load(go, 0) < 0) {
            break;
        }
        await share.run();
        Atomics.add(done, 0, 1);
        Atomics.notify(done, 0);
    }
    parentPort.postMessage(share.outputs);
    await share.release();
}

// The other workers' threads, or nothing when there is one worker.
async function startHelpers(setup, test, candidate) {
    const go = new Int32Array(new SharedArrayBuffer(4)), done = new Int32Array(new SharedArrayBuffer(4));
    const helpers = [];
    for (let worker = 1; worker < candidate.workers; worker++) {
        const helper = new Worker(__filename, {workerData: {setup, test, candidate, worker, go, done}});
        await new Promise((resolve, reject) => helper.once('message', resolve).once('error', reject));
        helpers.push(helper);
    }
    let rounds = 0;
    return {
        begin: () => {
            rounds++;
            Atomics.add(go, 0, 1);
            Atomics.notify(go, 0);
        },
        end: () => {
            for (let now; (now = Atomics.load(done, 0)) < rounds * helpers.length;) {
                Atomics.wait(done, 0, now);
            }
        },
        finish: async () => {
            const outputs = helpers.map(helper => new Promise(resolve => helper.once('message', resolve)));
            Atomics.store(go, 0, -1);
            Atomics.notify(go, 0);
            return (await Promise.all(outputs)).flat();
        },
    };
}

function getMedian(times) {
    times.sort((a, b) => a - b);
    return times[times.length >> 1];
}

async function timeCandidate(setup, test, candidate) {
    const helpers = await startHelpers(setup, test, candidate);
    const share = await createShare(setup, test, candidate, 0);
    const run = async () => {
        const before = performance.now();
        helpers.begin();
        await share.run();
        helpers.end();
        return performance.now() - before;
    };
    const budget = setup.budget_ms / test.candidates.length, times = [];
    let begin = performance.now();
    do {
        await run();
    } while (performance.now() - begin < budget / 10);
    begin = performance.now();
    while (times.length < setup.least || performance.now() - begin < budget) {
        times.push(await run());
    }
    const outputs = share.outputs.concat(await helpers.finish());
    await share.release();
    return {candidate, median_ms: getMedian(times), runs: times.length, error: compare(outputs, readFloats(test.logits))};
}

function compare(outputs, wanted) {
    let error = 0, at = 0;
    for (const output of outputs) {
        for (const value of output) {
            const difference = Math.abs(value - wanted[at++]);
            error = difference <= error ? error : difference; // NaN stays
        }
    }
    return at === wanted.length ? error : Infinity;
}

async function main() {
    const setup = JSON.parse(process.argv[2]), results = [];
    for (const test of setup.cases) {
        let best = null;
        for (const candidate of test.candidates) {
            const result = await timeCandidate(setup, test, candidate);
            if (!(result.error <= setup.tolerance)) {
                console.error(`peer_onnx.cjs: logits differ from Ossicle's by ${result.error}: it is not the same work`);
                process.exit(1);
            }
            best = best === null || result.median_ms < best.median_ms ? result : best;
        }
        results.push(best);
    }
    console.log(JSON.stringify({cases: results, peak_rss_mib: process.resourceUsage().maxRSS / 1024}));
}

if (isMainThread) {
    main();
} else {
    runWorker();
}
