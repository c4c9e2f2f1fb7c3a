-- Over `counted`: how many records there are by one or more values, and the time of the oldest. In: the expressions, and their places.
SELECT :values, count(*) AS records, min(unix_nano) AS oldest FROM counted GROUP BY :places
