-- Over `counted`: how many records there are by one or more values. In: the expressions, and their places.
SELECT :values, count(*) AS records FROM counted GROUP BY :places
