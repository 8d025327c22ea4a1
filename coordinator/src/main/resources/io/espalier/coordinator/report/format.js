// How numbers and times read.

/** What the API writes for numbers that are not finite are texts. */
export function value(raw) {
  return raw === null || raw === undefined ? undefined : typeof raw === "number" ? raw : Number(raw);
}

export function number(raw, digits = 4) {
  const read = value(raw);
  if (read === undefined) return "–";
  if (!Number.isFinite(read)) return String(read).replace("Infinity", "∞");
  if (read !== 0 && (Math.abs(read) < 1e-3 || Math.abs(read) >= 1e6)) {
    return String(Number(read.toPrecision(digits)).toExponential()).replace("e+", "e");
  }
  return String(Number(read.toPrecision(digits)));
}

export function count(number) {
  return number.toLocaleString("en-US");
}

export function label(name) {
  return name.replaceAll("_", " ");
}

export function isNumber(text) {
  return text !== undefined && text.trim() !== "" && Number.isFinite(Number(text));
}

export function ago(iso, now = Date.now()) {
  const seconds = Math.max(0, Math.round((now - Date.parse(iso)) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

export function bytes(size) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${Number(size.toPrecision(3))} ${units[unit]}`;
}

export function point(trial) {
  return Object.entries(trial.point).map(([key, text]) => `${label(key)} ${text}`).join(", ");
}
