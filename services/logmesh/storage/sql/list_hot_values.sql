-- Over `counted`: the newest records' places and values. In: the expressions of the values, and how many records.
SELECT unix_nano, spool, position, :values FROM counted ORDER BY unix_nano DESC, spool DESC, position DESC LIMIT :most::int
