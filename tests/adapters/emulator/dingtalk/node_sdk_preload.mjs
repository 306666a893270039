// The addresses are constants of the package: turn them to the emulator on the way out. Nothing in it is changed.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.env.SDK_FOLDER}/dist/index.mjs`);
const esm = require.resolve("axios").replace(/dist\/node\/axios\.cjs$/, "index.js");
const { default: axios } = await import(pathToFileURL(esm));
const vendors = /^https:\/\/o?api\.dingtalk\.com/;
axios.interceptors.request.use((request) => {
  request.url = request.url.replace(vendors, process.env.EMULATOR);
  return request;
});
