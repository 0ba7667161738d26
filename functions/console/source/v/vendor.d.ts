// The types of vendor.js, for `make check` alone: it is neither deployed nor served.
export * from "../../../../local/console/vendor.js";
