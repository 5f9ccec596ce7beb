-- What all journals of a VPG may take together (NULL: no limit), what happens when they do, and which older checkpoints are thinned out.
ALTER TABLE vpg ADD COLUMN journal_limit_bytes INTEGER;
ALTER TABLE vpg ADD COLUMN when_full TEXT NOT NULL DEFAULT 'SHORTEN';
ALTER TABLE vpg ADD COLUMN thinning_json TEXT NOT NULL DEFAULT '[]';
