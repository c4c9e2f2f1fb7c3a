/** The six levels that OpenTelemetry's 24 severity numbers fall into. Each has a letter, so that none depends on its colour. */

export interface Level {
  /** As the gateway names it in series and facets. */
  readonly name: "FATAL" | "ERROR" | "WARN" | "INFO" | "DEBUG" | "TRACE" | "NONE";
  readonly letter: string;
  /** Its name among the colours of styles.css. */
  readonly colour: string;
}

const NONE: Level = { name: "NONE", letter: "–", colour: "none" };

/** Most severe first. */
export const LEVELS: readonly Level[] = [
  { name: "FATAL", letter: "F", colour: "fatal" },
  { name: "ERROR", letter: "E", colour: "error" },
  { name: "WARN", letter: "W", colour: "warn" },
  { name: "INFO", letter: "I", colour: "info" },
  { name: "DEBUG", letter: "D", colour: "debug" },
  { name: "TRACE", letter: "T", colour: "trace" },
  NONE,
];

/** The level of a severity number from 0 to 24. */
export function levelOf(severity: number): Level {
  return severity < 1 || severity > 24 ? NONE : LEVELS[5 - Math.floor((severity - 1) / 4)]!;
}

/** The level of this name in any case; the one for "no level" when there is none. */
export function levelNamed(name: string): Level {
  const upper = name.toUpperCase();
  return LEVELS.find((level) => level.name === upper) ?? NONE;
}

export const ERROR_NUMBER = 17;
