-- Notes are kept as they are: compressing those of 1,000 spools cost a flush ten milliseconds, and they are gone after a day.
ALTER TABLE logmesh.flushes
  ALTER spools SET STORAGE EXTERNAL, ALTER firsts SET STORAGE EXTERNAL, ALTER lasts SET STORAGE EXTERNAL;
