-- AlterTable
ALTER TABLE "webhook_attempts" ADD COLUMN     "scopes" "ApiKeyScope"[] DEFAULT ARRAY[]::"ApiKeyScope"[];

-- Answers that are kept have the eyes of their delivery.
UPDATE "webhook_attempts" a SET "scopes" = d."scopes" FROM "webhook_deliveries" d
WHERE d."id" = a."delivery_id" AND d."scopes" <> '{}' AND a."response_body" IS NOT NULL;
